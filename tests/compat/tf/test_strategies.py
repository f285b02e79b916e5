"""Strategies, moving averages, checkpoints' contents and what needs other programs, in a script of TensorFlow."""

from compat.running import run

SCRIPT = """
import tensorflow as tf
strategy = tf.distribute.MirroredStrategy(["GPU:0", "GPU:1"])
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="ones")])
data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(tf.ones((4, 2))).batch(2))
def step(x):
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, model(x))
total = 0.0
for x in data:
    per_replica = strategy.run(step, args=(x,))
    total += strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None).numpy().sum()
    mean = strategy.reduce("MEAN", per_replica, axis=0)
print(total, mean.numpy(), len(strategy.experimental_local_results(per_replica)))
made = strategy.distribute_datasets_from_function(lambda c: tf.data.Dataset.range(c.get_per_replica_batch_size(3)))
print(len(list(made)))
try:
    tf.distribute.cluster_resolver.TPUClusterResolver()
except ValueError:
    print("no TPU")
for call in (lambda: tf.saved_model.save(model, "folder"), lambda: tf.lite.TFLiteConverter.from_keras_model(model),
             lambda: tf.estimator.DNNClassifier()):
    try:
        call()
    except NotImplementedError as error:
        print(error)
v = tf.Variable([1.0, 2.0])
averages = tf.train.ExponentialMovingAverage(0.9)
averages.apply([v])
v.assign([2.0, 2.0])
averages.apply([v])
print(averages.average(v).numpy(), averages.average(tf.Variable(0.0)))
checkpoint = tf.train.Checkpoint(v=v)
path = checkpoint.save("kept/ckpt")
state = tf.train.get_checkpoint_state("kept")
print(state.model_checkpoint_path == path, tf.train.list_variables("kept")[1], tf.train.load_variable(path, "v"))
"""
ADVICE = ("Save with model.save('model.keras')", "format='onnx'", "compile() and fit()")


def test_a_script_of_strategies(tmp_path):
    status, out, errors = run(SCRIPT, tmp_path)
    assert status == 0, errors
    lines = out.splitlines()
    assert lines[:3] == ["8.0 [2.] 1", "3", "no TPU"]
    assert all(words in line and "is not supported by fastnn" in line for words, line in zip(ADVICE, lines[3:6]))
    assert lines[6:] == ["[1.1 2. ] None", "True ('v', [2]) [2. 2.]"]
