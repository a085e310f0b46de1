namespace PaliGemma.Tasks;

/// <summary>
/// The one thing that an expression refers to, as the checkpoints fine-tuned for RefCOCO segmentation take it: <c>left boy in blue</c>,
/// without a verb. They answer with exactly one box and mask, without a label.
/// </summary>
public sealed record ReferringExpressionPrompt : ObjectPrompt
{
    /// <summary>Asks for one thing.</summary>
    /// <param name="expression">What the thing is called; it becomes the object's label.</param>
    /// <exception cref="ArgumentException">
    /// The expression contains a line break or cannot be a label, see <see cref="ObjectText.CheckLabel"/>.
    /// </exception>
    public ReferringExpressionPrompt(string expression)
        : base([CheckedExpression(expression)])
    {
    }

    /// <inheritdoc/>
    public override string Text => Things[0];

    /// <inheritdoc/>
    public override bool HasMasks => true;

    /// <inheritdoc/>
    public override bool HasLabels => false;

    private static string CheckedExpression(string expression) => ObjectText.CheckLabel(expression).AsSpan().ContainsAny('\r', '\n')
        ? throw new ArgumentException($"'{expression}' cannot be looked for: line breaks end a prompt.", nameof(expression))
        : expression;
}
