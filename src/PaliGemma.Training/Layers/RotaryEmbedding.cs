using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>
/// Rotary position embedding (arXiv:2104.09864) in the half-split layout: values i and i + size/2 of a head are turned by position ·
/// θ^(-2i/size). Only differences of positions matter, so rows count from 0.
/// </summary>
/// <param name="headSize">Values per head, even.</param>
/// <param name="theta">θ, the base of the frequencies.</param>
internal sealed class RotaryEmbedding(int headSize, float theta)
{
    private readonly int _half = headSize / 2;

    /// <summary>The cosines and sines [tokens, size / 2] of the first positions.</summary>
    public RotaryAngles Angles(int tokens, Device device)
    {
        float[] cosines = new float[tokens * _half];
        float[] sines = new float[tokens * _half];
        for (int i = 0; i < _half; i++)
        {
            float frequency = 1 / MathF.Pow(theta, 2f * i / headSize);
            for (int position = 0; position < tokens; position++)
            {
                (sines[(position * _half) + i], cosines[(position * _half) + i]) = MathF.SinCos(position * frequency);
            }
        }
        return new RotaryAngles(tensor(cosines, tokens, _half, device: device), tensor(sines, tokens, _half, device: device));
    }

    /// <summary>Turns <paramref name="x"/> [batch, heads, tokens, size].</summary>
    public Tensor Rotate(Tensor x, RotaryAngles angles)
    {
        Tensor low = x.narrow(-1, 0, _half);
        Tensor high = x.narrow(-1, _half, _half);
        return cat([
            low.mul(angles.Cosines).sub(high.mul(angles.Sines)),
            high.mul(angles.Cosines).add(low.mul(angles.Sines), Constants.One),
        ], -1);
    }
}

/// <summary>What a pass turns its queries and keys by.</summary>
/// <param name="Cosines">[tokens, size / 2].</param>
/// <param name="Sines">[tokens, size / 2].</param>
internal readonly record struct RotaryAngles(Tensor Cosines, Tensor Sines);
