"""What people run today: TransformerLens, SAELens and Hugging Face on PyTorch (CPU).

Started by org.sae4j.bench.Beside with the number of threads. Reads names of items, one a line; does the item once and
answers with its seconds. A name unlike the last one is set up first, untimed. Between lines it does nothing.
"""
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what the libraries print must not be taken for an answer

from importlib.metadata import version  # noqa: E402

import torch  # noqa: E402
from sae_lens.saes.topk_sae import TopKSAE, TopKSAEConfig  # noqa: E402
from transformer_lens import HookedTransformer, HookedTransformerConfig  # noqa: E402
from transformers import GPT2Config, GPT2LMHeadModel  # noqa: E402

HOOK, D, N, K, T, V = "blocks.8.hook_resid_post", 768, 32768, 32, 16, 50257

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
torch.set_grad_enabled(False)


def hooked_model():
    return HookedTransformer(HookedTransformerConfig(
        n_layers=12, d_model=D, n_ctx=1024, d_head=64, n_heads=12, d_mlp=4 * D, d_vocab=V,
        act_fn="gelu_new", normalization_type="LNPre")).eval()


def topk_sae():
    sae = TopKSAE(TopKSAEConfig(d_in=D, d_sae=N, k=K, device="cpu", dtype="float32"))
    sae.W_enc.data.normal_(0, 0.02)
    sae.W_dec.data.normal_(0, 0.02)
    return sae


def batch():
    return torch.randint(0, V, (8, 128))


def forward():
    model, tokens = GPT2LMHeadModel(GPT2Config()).eval(), batch()
    return lambda: model(tokens).logits


def kl():
    model, sae, tokens = hooked_model(), topk_sae(), batch()

    def evaluate():
        clean = model(tokens)
        spliced = model.run_with_hooks(tokens, fwd_hooks=[(HOOK, lambda act, hook: sae.decode(sae.encode(act)))])
        lp, lq = clean.log_softmax(-1), spliced.log_softmax(-1)

        def ce(log_probabilities):
            return -log_probabilities[:, :-1].gather(-1, tokens[:, 1:, None]).mean()

        return (lp.exp() * (lp - lq)).sum(-1).mean(), ce(lp), ce(lq)

    return evaluate


def encode():
    sae, x = topk_sae(), torch.randn(1024, D)
    return lambda: sae.encode(x)


def reconstruct():
    sae, x = topk_sae(), torch.randn(1024, D)
    return lambda: sae.decode(sae.encode(x))


def ablation(context):
    """Every active latent at eight indices of one sequence, those of an index as one batch of full forward passes."""
    model, sae, tokens = hooked_model(), topk_sae(), torch.randint(0, V, (1, context))

    def ablate():
        _, cache = model.run_with_cache(tokens, names_filter=HOOK)
        z = sae.encode(cache[HOOK][0])
        return [ablate_at(z[t : t + 1], t) for t in range(context - T, context - T - 32, -4)]

    def ablate_at(z, t):
        active = z[0].nonzero().squeeze(-1)
        variants = z.repeat(len(active) + 1, 1)
        variants[torch.arange(len(active)), active] = 0
        values = sae.decode(variants)

        def put(act, hook):
            act[:, t] = values
            return act

        logits = model.run_with_hooks(tokens.repeat(len(active) + 1, 1), fwd_hooks=[(HOOK, put)])[:, t : t + T]
        d = logits[:-1] - logits[-1:]
        d = (d - d.median(-1, keepdim=True).values).flatten(1)
        return (d.norm(1, dim=-1) / d.norm(2, dim=-1)) ** 2 / d.shape[1]

    return ablate


ITEMS = {
    "forward": forward,
    "kl": kl,
    "encode": encode,
    "reconstruct": reconstruct,
    "ablation 64": lambda: ablation(64),
    "ablation 256": lambda: ablation(256),
}

print(", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "transformer-lens", "sae-lens")),
      file=answers)
last = work = None
for line in sys.stdin:
    name = line.strip()
    if name != last:
        work = None  # frees its memory
        last, work = name, ITEMS[name]()
    start = time.perf_counter()
    work()
    print(time.perf_counter() - start, file=answers)
