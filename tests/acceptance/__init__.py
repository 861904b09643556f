"""The service as its users meet it: commands and documents."""
