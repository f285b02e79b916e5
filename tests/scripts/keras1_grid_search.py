"""KerasClassifier in a grid search and KerasRegressor in a pipeline, as Keras 1 courses had them."""

import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.constraints import maxnorm
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score, KFold
from sklearn.preprocessing import StandardScaler
from sklearn.pipeline import Pipeline

np.random.seed(7)
X = np.random.rand(40, 8)
Y = (X[:, 0] > 0.5).astype(int)


def create_model(optimizer="rmsprop", init="glorot_uniform", neurons=4):
    model = Sequential()
    model.add(Dense(neurons, input_dim=8, init=init, activation="relu", W_constraint=maxnorm(4)))
    model.add(Dropout(0.1))
    model.add(Dense(1, init=init, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


clf = KerasClassifier(build_fn=create_model, nb_epoch=2, batch_size=10, verbose=0)
grid = GridSearchCV(
    estimator=clf, param_grid=dict(optimizer=["rmsprop", "adam"], init=["normal", "uniform"], nb_epoch=[1, 2]), cv=2
)
r = grid.fit(X, Y)
print("Best: %s" % sorted(r.best_params_), len(r.cv_results_["mean_test_score"]))


def baseline():
    m = Sequential()
    m.add(Dense(8, input_dim=8, init="normal", activation="relu"))
    m.add(Dense(1, init="normal"))
    m.compile(loss="mean_squared_error", optimizer="adam")
    return m


pipe = Pipeline(
    [("std", StandardScaler()), ("mlp", KerasRegressor(build_fn=baseline, nb_epoch=2, batch_size=5, verbose=0))]
)
print(cross_val_score(pipe, X, X[:, 1], cv=KFold(n_splits=3)).shape)
