"""Sentence encoders: pretrained networks that turn a text into a vector of fixed length."""
