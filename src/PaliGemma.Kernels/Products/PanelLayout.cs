namespace PaliGemma.Kernels.Products;

/// <summary>
/// How a width is cut into panels of two sizes: as many wide ones as possible, then at most two narrow ones, chosen so that little or nothing of the last
/// panel is padding.
/// </summary>
internal readonly record struct PanelLayout
{
    private readonly int _wide;
    private readonly int _wideCount;
    private readonly int _narrow;
    private readonly int _length;

    /// <param name="length">The width to cut.</param>
    /// <param name="wide">Columns of a wide panel.</param>
    /// <param name="narrow">Columns of a narrow one: at most <paramref name="wide"/>, at least half of it.</param>
    public PanelLayout(int length, int wide, int narrow)
    {
        _length = length;
        _wide = wide;
        _narrow = narrow;
        _wideCount = length / wide;
        int rest = length - (_wideCount * wide);
        // Two narrow panels instead of a wide one and a narrow one that would be mostly padding.
        if (rest > 0 && _wideCount > 0 && rest <= (2 * narrow) - wide)
        {
            _wideCount--;
        }
        else if (rest > narrow)
        {
            _wideCount++;
        }
        int left = length - (_wideCount * wide);
        Count = _wideCount + (left <= 0 ? 0 : (left + narrow - 1) / narrow);
    }

    /// <summary>Number of panels.</summary>
    public int Count { get; }

    /// <summary>Whether panel <paramref name="index"/> is a wide one.</summary>
    public bool IsWide(int index) => index < _wideCount;

    /// <summary>First column of panel <paramref name="index"/>.</summary>
    public int Start(int index) => index <= _wideCount ? index * _wide : (_wideCount * _wide) + ((index - _wideCount) * _narrow);

    /// <summary>Columns of panel <paramref name="index"/> that are not padding.</summary>
    public int Used(int index) => Math.Min(IsWide(index) ? _wide : _narrow, _length - Start(index));
}
