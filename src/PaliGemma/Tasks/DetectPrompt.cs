namespace PaliGemma.Tasks;

/// <summary>Boxes around things: <c>detect cat ; dog</c>.</summary>
public sealed record DetectPrompt : ObjectPrompt
{
    /// <summary>Asks for boxes.</summary>
    /// <param name="things">What to look for.</param>
    /// <exception cref="ArgumentException">
    /// There is none, or one is empty or contains a semicolon, a line break, location or segmentation tokens.
    /// </exception>
    public DetectPrompt(params IReadOnlyList<string> things)
        : base(Checked(things))
    {
    }

    /// <inheritdoc/>
    public override string Text => "detect " + string.Join(ObjectText.Separator, Things);

    /// <inheritdoc/>
    public override bool HasMasks => false;
}
