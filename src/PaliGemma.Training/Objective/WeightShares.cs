using static TorchSharp.torch;

namespace PaliGemma.Training.Objective;

/// <summary>What each of several losses counts in their weighted mean.</summary>
internal static class WeightShares
{
    /// <summary>The weights [values], divided by their sum, or by 1 where that is less.</summary>
    /// <param name="values">The weights.</param>
    /// <param name="device">Where the result goes; null is the CPU.</param>
    public static Tensor Of(float[] values, Device? device = null)
    {
        float sum = Math.Max(values.Sum(), 1);
        return tensor(Array.ConvertAll(values, value => value / sum), device: device);
    }
}
