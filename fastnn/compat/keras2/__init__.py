"""What the Keras 2 years had: methods of models, optimizers, layers and helpers that are gone today."""
