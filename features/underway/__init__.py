"""What sessions under way have come to, kept up batch by batch: the parts that `features.live` puts together."""
