"""Reports of users, each as a test with the right outcome; the IDs name the reports."""
