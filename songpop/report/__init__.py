"""A sweep as one page: figures from records, and the page that holds them. Knows no MLflow, and trains nothing."""
