"""The name under which files hold the classes, as those of tensorflow_addons."""

from fastnn.saving import register_keras_serializable

registered = register_keras_serializable(package="Addons")
