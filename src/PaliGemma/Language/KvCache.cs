namespace PaliGemma.Language;

/// <summary>
/// Keys (after rotation) and values of every token a sequence has seen, per layer [capacity, key/value heads · head size]. Grows as needed.
/// </summary>
internal sealed class KvCache
{
    private readonly float[][] _keys;
    private readonly float[][] _values;
    private readonly int _width;

    /// <param name="layers">Decoder layers.</param>
    /// <param name="width">Key/value heads · head size.</param>
    /// <param name="capacity">Tokens to make room for at first.</param>
    public KvCache(int layers, int width, int capacity)
    {
        _width = width;
        _keys = new float[layers][];
        _values = new float[layers][];
        for (int layer = 0; layer < layers; layer++)
        {
            _keys[layer] = GC.AllocateUninitializedArray<float>(checked(capacity * width));
            _values[layer] = GC.AllocateUninitializedArray<float>(checked(capacity * width));
        }
    }

    private KvCache(KvCache source)
    {
        _width = source._width;
        Length = source.Length;
        _keys = Array.ConvertAll(source._keys, CopyUsed);
        _values = Array.ConvertAll(source._values, CopyUsed);
    }

    /// <summary>Tokens in the cache.</summary>
    public int Length { get; private set; }

    /// <summary>Writes a layer's entries of the next tokens; they count once <see cref="Advance"/> is called after the last layer.</summary>
    public void Write(int layer, ReadOnlySpan<float> keys, ReadOnlySpan<float> values)
    {
        int start = Length * _width;
        EnsureRoom(ref _keys[layer], start + keys.Length);
        EnsureRoom(ref _values[layer], start + values.Length);
        keys.CopyTo(_keys[layer].AsSpan(start));
        values.CopyTo(_values[layer].AsSpan(start));
    }

    /// <summary>A layer's keys of the first <paramref name="tokens"/> tokens, written ones included.</summary>
    public ReadOnlySpan<float> Keys(int layer, int tokens) => _keys[layer].AsSpan(0, tokens * _width);

    /// <summary>A layer's values of the first <paramref name="tokens"/> tokens, written ones included.</summary>
    public ReadOnlySpan<float> Values(int layer, int tokens) => _values[layer].AsSpan(0, tokens * _width);

    /// <summary>Counts <paramref name="tokens"/> tokens that every layer has written.</summary>
    public void Advance(int tokens) => Length += tokens;

    /// <summary>An independent copy.</summary>
    public KvCache Fork() => new(this);

    private static void EnsureRoom(ref float[] entries, int length)
    {
        if (length > entries.Length)
        {
            float[] larger = GC.AllocateUninitializedArray<float>((int)Math.Min(Math.Max(length, entries.Length * 3L / 2), Array.MaxLength));
            entries.CopyTo(larger, 0);
            entries = larger;
        }
    }

    private float[] CopyUsed(float[] entries)
    {
        // One token of room: a fork is made to append to it.
        float[] copy = GC.AllocateUninitializedArray<float>((Length + 1) * _width);
        entries.AsSpan(0, Length * _width).CopyTo(copy);
        return copy;
    }
}
