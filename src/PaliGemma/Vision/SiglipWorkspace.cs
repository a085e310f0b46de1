using PaliGemma.Configuration;

namespace PaliGemma.Vision;

/// <summary>Scratch memory of one pass through the image tower.</summary>
internal sealed class SiglipWorkspace(SiglipVisionConfig config)
{
    /// <summary>The residual stream [patches, hidden].</summary>
    public float[] Hidden { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>The layer norm's output, and then the sublayer's [patches, hidden].</summary>
    public float[] Normed { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>[patches, heads · head size].</summary>
    public float[] Queries { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>[patches, heads · head size].</summary>
    public float[] Keys { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>[patches, heads · head size].</summary>
    public float[] Values { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>Attention's output before its projection [patches, heads · head size].</summary>
    public float[] Attended { get; } = Allocate(config.PatchCount, config.HiddenSize);

    /// <summary>The inside of the MLP [patches, intermediate].</summary>
    public float[] Intermediate { get; } = Allocate(config.PatchCount, config.IntermediateSize);

    private static float[] Allocate(int rows, int columns) => GC.AllocateUninitializedArray<float>(checked(rows * columns));
}
