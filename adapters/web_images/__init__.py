"""Images from the web, where the operator allows URLs as input images."""
