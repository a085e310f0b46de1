namespace PaliGemma.Tasks;

/// <summary>Boxes around things and their shapes: <c>segment cat ; dog</c>.</summary>
public sealed record SegmentPrompt : ObjectPrompt
{
    /// <summary>Asks for boxes with masks.</summary>
    /// <param name="things">What to look for.</param>
    /// <exception cref="ArgumentException">
    /// There is none, or one is empty or contains a semicolon, a line break, location or segmentation tokens.
    /// </exception>
    public SegmentPrompt(params IReadOnlyList<string> things)
        : base(Checked(things))
    {
    }

    /// <inheritdoc/>
    public override string Text => "segment " + string.Join(ObjectText.Separator, Things);

    /// <inheritdoc/>
    public override bool HasMasks => true;
}
