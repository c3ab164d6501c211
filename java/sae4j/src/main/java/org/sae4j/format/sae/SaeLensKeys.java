package org.sae4j.format.sae;

import java.util.Set;

/**
 * The keys of SAELens's configurations that say nothing about what an SAE computes, or on what.
 *
 * <p>They tell how it was trained, on which data, and how the training was logged. Early versions
 * wrote all settings of the run into {@code cfg.json}.
 */
final class SaeLensKeys {
  static final Set<String> WITHOUT_EFFECT =
      Set.of(
          """
          act_store_device activations_mixing_fraction adam_beta1 adam_beta2 autocast autocast_lm
          aux_loss_coefficient b_dec_init_method begin_batch_token begin_sequence_token
          cached_activations_path checkpoint_path compile_llm compile_sae converted_from
          dataset_path dataset_trust_remote_code dead_feature_threshold dead_feature_window
          dead_feature_estimation_method decoder_heuristic_init decoder_init_norm decoder_orthogonal_init device
          disable_concat_sequences eval_batch_size_prompts eval_every_n_wandb_logs
          expansion_factor feature_reinit_scale feature_sampling_method feature_sampling_window finetuning_method
          finetuning_tokens from_pretrained_path hook_eval init_encoder_as_decoder_transpose
          is_dataset_tokenized jumprelu_bandwidth jumprelu_init_bandwidth jumprelu_init_threshold
          jumprelu_sparsity_loss_mode jumprelu_tanh_scale l0_coefficient
          l0_warm_up_steps l1_coefficient l1_warm_up_steps llm_compilation_mode llm_device
          log_activations_store_to_wandb log_optimizer_state_to_wandb log_to_wandb
          log_weights_to_wandb logger lp_norm lr lr_decay_steps lr_end lr_scheduler
          lr_scheduler_name lr_warm_up_steps matryoshka_widths max_resample_step
          model_class_name mse_loss_coefficient mse_loss_normalization n_batches_for_norm_estimate
          n_batches_in_buffer n_checkpoints n_eval_batches n_restart_cycles neuronpedia_id
          new_cached_activations_path noise_scale normalize_sae_decoder output_path
          pre_act_loss_coefficient prefetch_llm_batches resample_batches
          resample_frequency resume resume_from_checkpoint run_name sae_compilation_mode
          sae_lens_training_version sae_lens_version save_final_checkpoint
          scale_sparsity_penalty_by_decoder_norm seed sequence_separator_token
          store_batch_size store_batch_size_prompts store_device streaming
          tokens_per_buffer topk_threshold_lr total_training_steps total_training_tokens
          train_batch_size train_batch_size_tokens training_architecture
          training_architecture_details training_tokens use_cached_activations
          use_chat_formatting use_ghost_grads use_matryoshka_aux_loss use_sparse_activations
          verbose wandb_entity wandb_id wandb_log_frequency wandb_project
          """
              .strip()
              .split("\\s+"));

  private SaeLensKeys() {}
}
