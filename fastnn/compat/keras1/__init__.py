"""What only Keras 1 had: its layers, graph, recurrent base, metrics and ways to call."""
