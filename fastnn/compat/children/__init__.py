"""What child processes find under the names of Keras and TensorFlow: see aliases.CHILDREN."""
