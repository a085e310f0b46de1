namespace PaliGemma.Training.Objective;

/// <summary>
/// Spreads the target of a location token over the neighbouring locations, as a Gaussian that is cut off at the ends: a box that is off by
/// one bin is nearly right, which the plain loss does not say.
/// </summary>
public sealed class LocationSpread
{
    private readonly float[] _weights; // [target location, location], each row of sum 1

    /// <summary>Prepares the spread.</summary>
    /// <param name="firstToken">The token of location 0; the others follow it.</param>
    /// <param name="count">Locations, 1,024 in PaliGemma.</param>
    /// <param name="deviation">Standard deviation in locations, above 0.</param>
    public LocationSpread(int firstToken, int count, float deviation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstToken);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        FirstToken = firstToken;
        Count = count;
        _weights = new float[checked(count * count)];
        for (int target = 0; target < count; target++)
        {
            Span<float> row = _weights.AsSpan(target * count, count);
            double sum = 0;
            for (int i = 0; i < count; i++)
            {
                double distance = (i - target) / (double)deviation;
                row[i] = (float)Math.Exp(-0.5 * distance * distance);
                sum += row[i];
            }
            foreach (ref float weight in row)
            {
                weight = (float)(weight / sum);
            }
        }
    }

    /// <summary>The token of location 0.</summary>
    public int FirstToken { get; }

    /// <summary>Locations.</summary>
    public int Count { get; }

    /// <summary>The weights of all locations for a target; false where the token is no location.</summary>
    public bool TryGetWeights(int token, out ReadOnlySpan<float> weights)
    {
        bool isLocation = token >= FirstToken && token < FirstToken + Count;
        weights = isLocation ? _weights.AsSpan((token - FirstToken) * Count, Count) : default;
        return isLocation;
    }
}
