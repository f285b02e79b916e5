"""Folders of texts to a trained model, after TensorFlow's text tutorial."""

import tensorflow as tf
import numpy as np
import re
import string
import pathlib
from tensorflow.keras import layers, losses

for split in ("train", "test"):
    for k, w in (("pos", "good great <br />fun!"), ("neg", "bad awful, <br />dull.")):
        d = pathlib.Path("aclImdb", split, k)
        d.mkdir(parents=True, exist_ok=True)
        for i in range(10):
            (d / f"{i}.txt").write_text(f"{w} film {i}")
raw = tf.keras.utils.text_dataset_from_directory(
    "aclImdb/train", batch_size=4, validation_split=0.2, subset="training", seed=42
)
val = tf.keras.utils.text_dataset_from_directory(
    "aclImdb/train", batch_size=4, validation_split=0.2, subset="validation", seed=42
)
for t, l in raw.take(1):
    print(len(t.numpy()), l.numpy().shape, raw.class_names)


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped = tf.strings.regex_replace(lowercase, "<br />", " ")
    return tf.strings.regex_replace(stripped, "[%s]" % re.escape(string.punctuation), "")


vec = layers.TextVectorization(
    standardize=custom_standardization, max_tokens=50, output_mode="int", output_sequence_length=8
)
vec.adapt(raw.map(lambda x, y: x))
print(vec.get_vocabulary()[:4], len(vec.get_vocabulary()))


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vec(text), label


AUTOTUNE = tf.data.AUTOTUNE
tr = raw.map(vectorize_text).cache().prefetch(buffer_size=AUTOTUNE)
va = val.map(vectorize_text).cache()
m = tf.keras.Sequential(
    [
        layers.Embedding(51, 8),
        layers.Dropout(0.2),
        layers.GlobalAveragePooling1D(),
        layers.Dropout(0.2),
        layers.Dense(1, activation="sigmoid"),
    ]
)
m.compile(loss=losses.BinaryCrossentropy(), optimizer="adam", metrics=[tf.metrics.BinaryAccuracy(threshold=0.5)])
h = m.fit(tr, validation_data=va, epochs=2, verbose=0)
print(sorted(h.history))
ex = tf.keras.Sequential([vec, m, layers.Activation("sigmoid")])
ex.compile(loss=losses.BinaryCrossentropy(from_logits=False), optimizer="adam", metrics=["accuracy"])
print(ex.predict(tf.constant(["The movie was great!", "awful"]), verbose=0).shape)
print(ex.evaluate(val, verbose=0)[1] >= 0)
from tensorflow.keras.preprocessing.text import Tokenizer
from tensorflow.keras.preprocessing.sequence import pad_sequences

tok = Tokenizer(num_words=100, oov_token="<OOV>")
tok.fit_on_texts(["I love my dog", "I love my cat"])
s = tok.texts_to_sequences(["i really love my dog"])
print(s, pad_sequences(s, maxlen=6, padding="post", truncating="post"))
print(tok.word_index)
corpus = "in the town\nof athy one jeremy\nlanigan".split("\n")
tok = Tokenizer()
tok.fit_on_texts(corpus)
total = len(tok.word_index) + 1
seqs = []
for line in corpus:
    tl = tok.texts_to_sequences([line])[0]
    for i in range(1, len(tl)):
        seqs.append(tl[: i + 1])
ml = max(len(x) for x in seqs)
S = np.array(pad_sequences(seqs, maxlen=ml, padding="pre"))
xs, ys = S[:, :-1], tf.keras.utils.to_categorical(S[:, -1], num_classes=total)
g = tf.keras.Sequential(
    [layers.Embedding(total, 4), layers.Bidirectional(layers.LSTM(4)), layers.Dense(total, activation="softmax")]
)
g.compile("adam", "categorical_crossentropy", ["accuracy"])
g.fit(xs, ys, epochs=1, verbose=0)
print(tok.index_word[int(np.argmax(g.predict(xs[:1], verbose=0), axis=-1)[0]) or 1])
