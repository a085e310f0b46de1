using PaliGemma.Configuration;
using PaliGemma.Tasks;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Makes the weights that stand for places smooth functions of the place before training: the positions of patches, and the rows of
/// location tokens. With rows that are drawn at random, each of the 1,024 locations and 64 patches has to be learnt on its own.
/// </summary>
internal static class SmoothPlaces
{
    private const string Positions = "vision_tower.vision_model.embeddings.position_embedding.weight";
    private const string Tokens = "language_model.model.embed_tokens.weight";

    /// <summary>Periods over the picture of the slowest wave of patch positions, and how many times as many the fastest has.</summary>
    private const double SlowestPeriods = 0.25, PeriodRange = 12;

    private const double PositionAmplitude = 0.7;

    /// <summary>Replaces the rows.</summary>
    /// <param name="model">A model that was not trained yet.</param>
    /// <param name="seed">Of the directions in which codes of locations lie.</param>
    public static void Apply(TrainableModel model, ulong seed)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Fill(model.Parameters[Positions], PatchPositions(model.Config.Vision));
        float[] codes = new float[LocationTokens.Count * PlaceCode.Length];
        for (int location = 0; location < LocationTokens.Count; location++)
        {
            PlaceCode.Write(LocationTokens.Decode(location), codes.AsSpan(location * PlaceCode.Length, PlaceCode.Length));
        }
        int width = model.Config.Text.HiddenSize;
        manual_seed((long)seed);
        // Rows of about the length of all others, 1.
        using Scalar length = MathF.Sqrt(width * PlaceCode.Length / 2f).ToScalar();
        Tensor directions = randn([PlaceCode.Length, width]).div(length);
        Tensor rows = tensor(codes, [LocationTokens.Count, PlaceCode.Length]).matmul(directions);
        model.Parameters[Tokens].Value.narrow(0, FirstLocation(model.Config), LocationTokens.Count).copy_(rows);
    }

    /// <summary>The token of location 0 in a tokenizer of the published layout, whose last piece is the image token.</summary>
    public static int FirstLocation(PaliGemmaConfig config) => config.ImageTokenId - SegmentationTokens.Count - LocationTokens.Count;

    private static float[] PatchPositions(SiglipVisionConfig config)
    {
        int side = config.ImageSize / config.PatchSize;
        int waves = config.HiddenSize / 4;
        float[] positions = new float[config.PatchCount * config.HiddenSize];
        for (int patch = 0; patch < config.PatchCount; patch++)
        {
            (int row, int column) = Math.DivRem(patch, side);
            for (int i = 0; i < waves; i++)
            {
                double turns = 2 * Math.PI * SlowestPeriods * Math.Pow(PeriodRange, i / (waves - 1.0)) / side;
                Span<float> wave = positions.AsSpan((patch * config.HiddenSize) + (4 * i), 4);
                (double sineX, double cosineX) = Math.SinCos(turns * (column + 0.5));
                (double sineY, double cosineY) = Math.SinCos(turns * (row + 0.5));
                wave[0] = (float)(PositionAmplitude * sineX);
                wave[1] = (float)(PositionAmplitude * cosineX);
                wave[2] = (float)(PositionAmplitude * sineY);
                wave[3] = (float)(PositionAmplitude * cosineY);
            }
        }
        return positions;
    }

    private static void Fill(Parameter parameter, float[] values) => parameter.Value.copy_(tensor(values, [.. parameter.Shape]));
}
