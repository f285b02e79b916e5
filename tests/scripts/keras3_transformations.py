"""grad, value_and_grad, vjp, jvp, jacobian, hessian of plain functions over structures, as JAX's tutorials use them."""

import fastnn
import numpy as np
from keras import ops

rng = np.random.RandomState(11)


def tanh(x):
    y = ops.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


print("grad", float(fastnn.grad(tanh)(1.0)))
print("of grad of grad", float(fastnn.grad(fastnn.grad(fastnn.grad(tanh)))(1.0)))

x, y = np.float32(3.0), np.float32(2.0)
f = lambda a, b: a**2 * b + ops.sin(b)  # noqa: E731
print("argnums", float(fastnn.grad(f, argnums=1)(x, y)), *(float(g) for g in fastnn.grad(f, argnums=(0, 1))(x, y)))


def predict(params, inputs):
    for layer in params:
        outputs = ops.dot(inputs, layer["w"]) + layer["b"]
        inputs = ops.tanh(outputs)
    return outputs


def loss(params, inputs, targets):
    return ops.sum((predict(params, inputs) - targets) ** 2), {"size": ops.sum(params[0]["w"] ** 2)}


sizes = [(3, 4), (4, 2)]
params = [{"w": rng.normal(size=s).astype("float32"), "b": np.zeros(s[1], "float32")} for s in sizes]
inputs, targets = rng.normal(size=(5, 3)).astype("float32"), rng.normal(size=(5, 2)).astype("float32")
step = fastnn.value_and_grad(loss, has_aux=True)
for _ in range(3):
    (value, aux), grads = step(params, inputs, targets)
    params = [{k: p[k] - 0.01 * g[k] for k in p} for p, g in zip(params, grads)]
    print("loss", float(value), "size", float(aux["size"]), "grad", float(np.sum(grads[1]["b"])))

w = rng.normal(size=(3, 3)).astype("float32")
v = rng.normal(size=3).astype("float32")


def g(u):
    return ops.tanh(ops.matmul(w, u)) * u


u = rng.normal(size=3).astype("float32")
jac = np.asarray(fastnn.jacobian(g)(u))
out, pull = fastnn.vjp(g, u)
out2, push = fastnn.jvp(g, (u,), (v,))
np.testing.assert_allclose(np.asarray(pull(v)[0]), v @ jac, rtol=1e-4, atol=1e-5)
np.testing.assert_allclose(np.asarray(push), jac @ v, rtol=1e-4, atol=1e-5)
print("jacobian", jac.shape, float(jac.sum()), "vjp", *np.asarray(pull(v)[0]), "jvp", *np.asarray(push))


def energy(u):
    return ops.sum(g(u) ** 2)


h = np.asarray(fastnn.hessian(energy)(u))
print("hessian", h.shape, float(np.trace(h)))
hvp = fastnn.jvp(fastnn.grad(energy), (u,), (v,))[1]
np.testing.assert_allclose(np.asarray(hvp), h @ v, rtol=1e-3, atol=1e-4)
again = fastnn.grad(lambda z: ops.vdot(fastnn.grad(energy)(z), v))(u)
np.testing.assert_allclose(np.asarray(again), h @ v, rtol=1e-3, atol=1e-4)
print("product", *np.asarray(hvp))


def with_stop(z):
    return ops.sum(z**2 + fastnn.stop_gradient(z) ** 3)


print("stopped", *np.asarray(fastnn.grad(with_stop)(u)))
