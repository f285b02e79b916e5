"""TensorFlow's names: functions, data, files, graphs and strategies, as adapters on ops and data."""
