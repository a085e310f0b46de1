using PaliGemma.Configuration;
using PaliGemma.Kernels;

namespace PaliGemma.Language;

/// <summary>Scratch memory of a pass through the decoder; grows to the largest batch seen.</summary>
internal sealed class GemmaWorkspace(GemmaConfig config)
{
    /// <summary>
    /// Rows that go through the MLP together. Enough to make its weights' traffic negligible, few enough that 4,096 image tokens
    /// do not need a [4096, 16384] buffer twice.
    /// </summary>
    public const int MlpRows = 1024;

    /// <summary>The residual stream [rows, hidden].</summary>
    public float[] Hidden { get; private set; } = [];

    /// <summary>The norm's output, and then the sublayer's [rows, hidden].</summary>
    public float[] Normed { get; private set; } = [];

    /// <summary>[rows, heads · head size].</summary>
    public float[] Queries { get; private set; } = [];

    /// <summary>[rows, key/value heads · head size].</summary>
    public float[] Keys { get; private set; } = [];

    /// <summary>[rows, key/value heads · head size].</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Attention's output before its projection [rows, heads · head size].</summary>
    public float[] Attended { get; private set; } = [];

    /// <summary>[min(rows, <see cref="MlpRows"/>), intermediate].</summary>
    public float[] Gate { get; private set; } = [];

    /// <summary>[min(rows, <see cref="MlpRows"/>), intermediate].</summary>
    public float[] Up { get; private set; } = [];

    /// <summary>[rows].</summary>
    public VisibleRange[] Visible { get; private set; } = [];

    /// <summary>Makes room for <paramref name="rows"/> rows; what the buffers held is lost.</summary>
    public void Reserve(int rows)
    {
        if (rows <= Visible.Length)
        {
            return;
        }
        int queryWidth = config.HeadCount * config.HeadSize;
        int keyWidth = config.KeyValueHeadCount * config.HeadSize;
        Hidden = Allocate(rows, config.HiddenSize);
        Normed = Allocate(rows, config.HiddenSize);
        Queries = Allocate(rows, queryWidth);
        Keys = Allocate(rows, keyWidth);
        Values = Allocate(rows, keyWidth);
        Attended = Allocate(rows, queryWidth);
        Gate = Allocate(Math.Min(rows, MlpRows), config.IntermediateSize);
        Up = Allocate(Math.Min(rows, MlpRows), config.IntermediateSize);
        Visible = new VisibleRange[rows];
    }

    private static float[] Allocate(int rows, int columns) => GC.AllocateUninitializedArray<float>(checked(rows * columns));
}
