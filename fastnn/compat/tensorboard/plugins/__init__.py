"""Plugins of TensorBoard that scripts call: hparams."""
