namespace PaliGemma.Training.Data;

/// <summary>How much pictures are changed at random before they are learnt from; boxes in prompts and answers are moved along.</summary>
public sealed record Augmentation
{
    /// <summary>
    /// The part of the examples whose pictures are mirrored left to right. Those whose text says left or right, or has masks, which cannot
    /// be mirrored, never are.
    /// </summary>
    public double Flip { get; init; }

    /// <summary>The smallest side of a crop, as a part of the picture's; 1 does not crop. Crops hold every box of the example.</summary>
    public double SmallestCrop { get; init; } = 1;

    /// <summary>The most by which brightness and contrast change, as a part of the range.</summary>
    public double Color { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        foreach (double part in (ReadOnlySpan<double>)[Flip, SmallestCrop, Color])
        {
            ArgumentOutOfRangeException.ThrowIfNegative(part);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(part, 1);
        }
        ArgumentOutOfRangeException.ThrowIfZero(SmallestCrop);
    }
}
