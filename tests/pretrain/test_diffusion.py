"""What the embedded U-Net learns from: captions as states, some of them withheld."""

import torch

from ldcore.model.save import new_tokenizer
from pretrain.diffusion import CAPTION_DROPOUT, read_captions, train_diffusion, training_batch
from pretrain.text import new_text_encoder


def captions_of(sentences):
    tokenizer = new_tokenizer()
    encoder = new_text_encoder(len(tokenizer), tokenizer.eos_token_id, 0).eval()
    ids = tokenizer(["", *sentences], padding="max_length", return_tensors="pt").input_ids
    return read_captions(encoder, tokenizer, sentences, 2), encoder(ids).last_hidden_state.detach()


def test_every_picture_is_told_its_own_caption(one_thread):
    captions, states = captions_of(["a red fox", "green grass", "a red fox"])
    assert len(captions.states) == 3
    assert torch.allclose(captions.states[captions.rows], states[1:], atol=1e-5)
    assert torch.allclose(captions.states[0], states[0], atol=1e-5)


def test_some_captions_are_withheld_and_a_batch_follows_from_its_step(one_thread):
    captions, states = captions_of(["a red fox", "green grass"])
    latents = torch.stack([torch.full((4, 8, 8), 1.0), torch.full((4, 8, 8), 2.0)])
    clean, told, _, _ = training_batch(latents, captions, 400, 0, 5)
    withheld = (told - states[0]).abs().amax((1, 2)) < 1e-4
    assert abs(withheld.float().mean() - CAPTION_DROPOUT) < 0.06
    own = states[1:][(clean[:, 0, 0, 0] == 2).long()]
    assert torch.allclose(told[~withheld], own[~withheld], atol=1e-5)
    assert torch.equal(clean, training_batch(latents, captions, 400, 0, 5)[0])


def test_a_short_training_moves_the_output(one_thread, tmp_path):
    captions, _ = captions_of(["a red fox", "green grass"])
    options = {"channels": [16, 16], "steps": 2, "batch_size": 2, "learning_rate": 1e-2}
    unet, log = train_diffusion(torch.randn(2, 4, 8, 8), captions, options, 0, tmp_path / "checkpoint.pt")
    assert log[0][0] == 2 and unet.conv_out.weight.abs().sum() > 0
