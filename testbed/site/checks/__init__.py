"""The looks that `testbed.site.check` takes, one file per thing looked at; each says what it found."""
