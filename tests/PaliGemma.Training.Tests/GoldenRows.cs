using PaliGemma.Configuration;
using PaliGemma.Tests;
using PaliGemma.Tests.Generation;

namespace PaliGemma.Training.Tests;

/// <summary>The two training examples that the reference was run on, one by one and side by side.</summary>
internal sealed class GoldenRows : IDisposable
{
    private readonly string _folder;
    private readonly GoldenTensors _pictures;

    public GoldenRows(string model)
    {
        Expected = new GoldenTensors("expected", model, "train.safetensors");
        _pictures = new GoldenTensors("expected", model, "forward.safetensors");
        _folder = Goldens.Path("models", model);
        Config = PaliGemmaConfig.Load(_folder);
    }

    public GoldenTensors Expected { get; }

    public PaliGemmaConfig Config { get; }

    public TrainableModel LoadModel() => TrainableModel.Load(_folder);

    /// <summary>Example 0 or 1: tokens of type 0 are the prefix.</summary>
    public TrainingSequence Row(int row)
    {
        int[] ids = Expected.Ids($"row{row}.input_ids");
        int prefix = Expected.Ids($"row{row}.token_type_ids").Count(type => type == 0);
        float[] pixels = _pictures.Floats("pixel_values");
        return new TrainingSequence([pixels[(row * pixels.Length / 2)..((row + 1) * pixels.Length / 2)]], ids[..prefix], ids[prefix..]);
    }

    public void Dispose()
    {
        Expected.Dispose();
        _pictures.Dispose();
    }
}
