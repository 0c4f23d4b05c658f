"""This project's own steps: enter methods and conditions, run by rasa-sdk."""
