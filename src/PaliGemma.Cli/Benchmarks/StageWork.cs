using PaliGemma.Configuration;

namespace PaliGemma.Cli.Benchmarks;

/// <summary>How many floating-point operations a stage must do; a multiply-add counts as two.</summary>
internal static class StageWork
{
    /// <summary>The image tower and the projector for one picture.</summary>
    public static double Image(PaliGemmaConfig config)
    {
        SiglipVisionConfig vision = config.Vision;
        double patches = vision.PatchCount;
        double hidden = vision.HiddenSize;
        double patchLength = (double)vision.ChannelCount * vision.PatchSize * vision.PatchSize;
        double linear = (4 * hidden * hidden) + (2 * hidden * vision.IntermediateSize);
        double attention = 2 * patches * hidden;
        return 2 * patches * ((vision.LayerCount * (linear + attention)) + (patchLength * hidden) + (hidden * config.ProjectionSize));
    }

    /// <summary>The decoder for a prompt: of the last layer, all tokens need keys and values only.</summary>
    public static double Prefill(PaliGemmaConfig config, int tokens)
    {
        GemmaConfig text = config.Text;
        double hidden = text.HiddenSize;
        double queryWidth = (double)text.HeadCount * text.HeadSize;
        double keysAndValues = 2 * hidden * text.KeyValueHeadCount * text.HeadSize;
        double rest = (2 * hidden * queryWidth) + (3 * hidden * text.IntermediateSize) + (2 * (double)tokens * queryWidth);
        double rows = ((double)tokens * (text.LayerCount - 1)) + 1;
        return 2 * ((tokens * text.LayerCount * keysAndValues) + (rows * rest));
    }

    /// <summary>Bytes of keys and values, in float32, that a decoding step reads after <paramref name="tokens"/> tokens.</summary>
    public static double Cache(PaliGemmaConfig config, int tokens) =>
        2.0 * tokens * config.Text.LayerCount * config.Text.KeyValueHeadCount * config.Text.HeadSize * sizeof(float);
}
