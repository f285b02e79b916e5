"""The operations, each declared once: operands of one dtype, a kernel, a gradient made of other records."""
