using PaliGemma.Checkpoints;
using PaliGemma.Tasks;
using PaliGemma.Tests;
using PaliGemma.Training.Masks;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Masks;

public class MaskTrainerTests
{
    [Fact]
    public void A_few_masks_are_learnt_and_the_saved_file_decodes_them()
    {
        float[][] masks = [Bar(0, 20), Bar(30, 64), Bar(10, 50)];
        int next = 0;
        using TrainableMaskAutoencoder model = new(seed: 1);
        using MaskTrainer trainer = new(model, () => masks[next++ % masks.Length], batchSize: 3, steps: 60, learningRate: 2e-3, seed: 1);
        double overlap = 0;
        for (int step = 0; step < 60; step++)
        {
            overlap = trainer.Step();
        }
        Assert.InRange(overlap, 0.9, 1);

        using TemporaryFolder folder = new();
        model.Save(folder.File("vae.npz"), ElementType.Float32);
        using MaskEncoder encoder = MaskEncoder.Load(folder.File("vae.npz"));
        using MaskDecoder decoder = MaskDecoder.Load(folder.File("vae.npz"));
        foreach (float[] mask in masks)
        {
            float[] decoded = decoder.Decode(encoder.Encode(mask));
            int both = mask.Zip(decoded).Count(pair => pair.First > 0.5f && pair.Second > 0);
            int either = mask.Zip(decoded).Count(pair => pair.First > 0.5f || pair.Second > 0);
            Assert.InRange((double)both / either, 0.85, 1);
        }
    }

    [Fact]
    public void Both_implementations_give_the_same_codes_and_masks()
    {
        using TemporaryFolder folder = new();
        using TrainableMaskAutoencoder model = new(seed: 2);
        model.Save(folder.File("vae.npz"), ElementType.Float32);
        using MaskEncoder encoder = MaskEncoder.Load(folder.File("vae.npz"));
        using MaskDecoder decoder = MaskDecoder.Load(folder.File("vae.npz"));
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        float[] mask = Bar(13, 40);
        Tensor codes = model.Nearest(model.Encode(tensor(Array.ConvertAll(mask, value => (2 * value) - 1), [1, 1, 64, 64])));
        int[] expected = encoder.Encode(mask);
        Assert.Equal(expected, Array.ConvertAll(codes.data<long>().ToArray(), code => (int)code));
        Tensor decoded = model.Decode(model.Parameters.First(parameter => parameter.Name == "_vq_vae._embedding").Value.index_select(0, codes));
        Tensors.AssertClose("mask", decoder.Decode(expected), decoded.contiguous().data<float>().ToArray(), 1e-4);
    }

    private static float[] Bar(int from, int to) => [.. Enumerable.Range(0, 64 * 64).Select(i => i / 64 >= from && i / 64 < to ? 1f : 0)];
}
