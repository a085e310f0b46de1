namespace PaliGemma.Kernels.Tests;

/// <summary>Reproducible test data.</summary>
internal static class RandomValues
{
    /// <summary>Values in [-scale, scale).</summary>
    public static float[] Uniform(int count, int seed, float scale = 1)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = ((random.NextSingle() * 2) - 1) * scale;
        }
        return values;
    }
}
