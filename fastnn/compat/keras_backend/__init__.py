"""What keras.backend held, by topic; the module itself is backend.py beside this folder."""
