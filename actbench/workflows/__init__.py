"""What each verb does, free of the command line."""
