using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>
/// Sets values to 0 at random and scales the others up. The same place of the same pass always draws the same, so that a layer can be
/// computed again.
/// </summary>
/// <param name="Rate">The part of the values that is set to 0.</param>
/// <param name="Seed">Of the pass.</param>
internal readonly record struct Dropout(double Rate, ulong Seed)
{
    /// <summary>Applies it.</summary>
    /// <param name="x">Any values.</param>
    /// <param name="place">A number that no other call of the pass has.</param>
    public Tensor Apply(Tensor x, int place)
    {
        if (Rate == 0)
        {
            return x;
        }
        manual_seed((long)SplitMix64.Derive(Seed, (ulong)place));
        return nn.functional.dropout(x, Rate, training: true);
    }
}
