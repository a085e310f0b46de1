namespace PaliGemma.Kernels;

/// <summary>x = max(x, 0).</summary>
public static class Relu
{
    /// <summary>Replaces what is negative in <paramref name="x"/> by 0.</summary>
    public static void Apply(Span<float> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = Math.Max(x[i], 0);
        }
    }
}
