"""Options of Rasa's neural components. They change nothing here, and are taken with a notice."""

NEURAL = frozenset(
    {
        "batch_size", "batch_strategy", "checkpoint_model", "concat_dimension",
        "connection_density", "constrain_similarities", "dense_dimension", "drop_rate",
        "drop_rate_attention", "embedding_dimension", "epochs", "evaluate_every_number_of_epochs",
        "evaluate_on_number_of_examples", "featurizers", "hidden_layers_sizes", "learning_rate",
        "loss_type", "max_relative_position", "maximum_negative_similarity",
        "maximum_positive_similarity", "model_confidence", "negative_margin_scale",
        "number_of_attention_heads", "number_of_negative_examples",
        "number_of_transformer_layers", "random_seed", "regularization_constant",
        "renormalize_confidences", "run_eagerly", "scale_loss", "share_hidden_layers",
        "similarity_type", "tensorboard_log_directory", "tensorboard_log_level",
        "transformer_size", "unidirectional_encoder", "use_dense_input_dropout",
        "use_key_relative_attention", "use_masked_language_model", "use_maximum_negative_similarity",
        "use_sparse_input_dropout", "use_value_relative_attention", "weight_sparsity",
    }
)  # fmt: skip
