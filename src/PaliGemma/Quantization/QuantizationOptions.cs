using PaliGemma.Layers;

namespace PaliGemma.Quantization;

/// <summary>How a model folder is quantised.</summary>
/// <param name="Format">Int8, Nf4, Fp4 or Int4.</param>
public sealed record QuantizationOptions(WeightFormat Format)
{
    /// <summary>Nf4 and Fp4: whether the scales are quantised too, which saves 0.37 bits per weight.</summary>
    public bool DoubleQuantized { get; init; }

    /// <summary>
    /// Whether the table of embeddings, which is also the head, is quantised as the layers are. bitsandbytes leaves it in 16 bits and does not load it otherwise.
    /// </summary>
    public bool QuantizeHead { get; init; }

    /// <summary>Checks that the choices go together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public void Validate()
    {
        if (Format is not (WeightFormat.Int8 or WeightFormat.Nf4 or WeightFormat.Fp4 or WeightFormat.Int4))
        {
            throw new ArgumentException($"{Format} is not a quantised format.");
        }
        if (DoubleQuantized && Format is not (WeightFormat.Nf4 or WeightFormat.Fp4))
        {
            throw new ArgumentException($"Only the scales of nf4 and fp4 can be quantised, not those of {Format}.");
        }
    }
}
