"""What scripts of TensorFlow use of tensorboard, which comes with TensorFlow, for those who have not installed it."""
