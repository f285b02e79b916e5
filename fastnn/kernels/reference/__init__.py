"""Float64 NumPy twins of the kernels: obvious, slow, sharing no code with them."""
