"""The TFDS data sets of kmu; importing it registers them with tensorflow-datasets."""
