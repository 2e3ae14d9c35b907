"""What the benchmarks compare with: plain diffusers, written as its own examples and documentation write it."""

import torch
import torch.nn.functional as F


def training(folder, batch_size: int, steps: int, prompt: str, device):
    """A call that takes `steps` steps as train_text_to_image.py does with --mixed_precision bf16.

    The script lies in diffusers' repository, examples/text_to_image.
    """
    from accelerate import Accelerator
    from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
    from diffusers.optimization import get_scheduler
    from transformers import CLIPTextModel, CLIPTokenizer

    accelerator = Accelerator(mixed_precision="bf16", cpu=device.type == "cpu")
    schedule = DDPMScheduler.from_pretrained(folder, subfolder="scheduler")
    tokenizer = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")
    text_encoder = (
        CLIPTextModel.from_pretrained(folder, subfolder="text_encoder").requires_grad_(False).to(device, torch.bfloat16)
    )
    vae = AutoencoderKL.from_pretrained(folder, subfolder="vae").requires_grad_(False).to(device, torch.bfloat16)
    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").train()
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-5, betas=(0.9, 0.999), weight_decay=1e-2, eps=1e-8)
    rate = get_scheduler("constant", optimizer=optimizer, num_warmup_steps=0, num_training_steps=steps)
    side = vae.config.sample_size
    ids = tokenizer(
        prompt, max_length=tokenizer.model_max_length, padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids[0]
    examples = [
        {"pixel_values": torch.rand(3, side, side) * 2 - 1, "input_ids": ids} for _ in range(batch_size * steps)
    ]
    loader = torch.utils.data.DataLoader(examples, shuffle=True, batch_size=batch_size)
    unet, optimizer, loader, rate = accelerator.prepare(unet, optimizer, loader, rate)

    def run():
        for batch in loader:
            with accelerator.accumulate(unet):
                latents = (
                    vae.encode(batch["pixel_values"].to(torch.bfloat16)).latent_dist.sample()
                    * vae.config.scaling_factor
                )
                noise = torch.randn_like(latents)
                times = torch.randint(
                    0, schedule.config.num_train_timesteps, (len(latents),), device=latents.device
                ).long()
                noisy = schedule.add_noise(latents, noise, times)
                states = text_encoder(batch["input_ids"], return_dict=False)[0]
                predicted = unet(noisy, times, states, return_dict=False)[0]
                loss = F.mse_loss(predicted.float(), noise.float(), reduction="mean")
                accelerator.gather(loss.repeat(batch_size)).mean().item()
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(unet.parameters(), 1.0)
                optimizer.step()
                rate.step()
                optimizer.zero_grad()

    return run


def sampling(folder, batch_size: int, steps: int, prompt: str, guidance: float, device):
    """A call that draws one batch by StableDiffusionPipeline in bf16 with DDIM."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.bfloat16, safety_checker=None).to(
        device
    )
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return lambda: (
        pipeline([prompt] * batch_size, num_inference_steps=steps, guidance_scale=guidance, output_type="np").images
    )
