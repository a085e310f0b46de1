using PaliGemma.Generation;
using PaliGemma.Tokenization;

namespace PaliGemma.Tasks;

/// <summary>
/// Reads objects out of a model's tokens while they come: <see cref="StreamingObjectParser"/>, with scores, and with what is known from the
/// task. An object without a label is the thing asked for, if that is only one. Masks are decoded if there is a decoder.
/// </summary>
public sealed class ObjectReader
{
    private readonly StreamingDetokenizer _text;
    private readonly StreamingObjectParser _parser;
    private readonly DuplicateFilter? _duplicates;
    private readonly string? _onlyThing;
    private readonly int _width;
    private readonly int _height;
    private readonly TaskOptions _options;

    /// <summary>Creates a reader for one answer.</summary>
    /// <param name="task">What was asked.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="width">The original picture's width in pixels.</param>
    /// <param name="height">The original picture's height in pixels.</param>
    /// <param name="options">The scale of locations, whether duplicates are left out, and how masks are decoded.</param>
    public ObjectReader(TaskPrompt task, PaliGemmaTokenizer tokenizer, int width, int height, TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _text = new StreamingDetokenizer(tokenizer);
        _parser = new StreamingObjectParser(width, height, options.Scale, (task as ObjectPrompt)?.Things);
        _duplicates = options.DuplicateOverlap is float overlap ? new DuplicateFilter(overlap) : null;
        _onlyThing = task is ObjectPrompt { Things: [string thing] } ? thing : null;
        (_width, _height, _options) = (width, height, options);
    }

    /// <summary>What has not been as the grammar says so far.</summary>
    public IReadOnlyList<ParseProblem> Problems => _parser.Problems;

    /// <summary>Takes the next token.</summary>
    /// <returns>The objects that are complete now.</returns>
    public IEnumerable<DetectedObject> Append(GeneratedToken token) => Finish(_parser.Append(_text.Append(token.Id), token.LogProbability));

    /// <summary>Ends the answer.</summary>
    /// <returns>The object that the end completes, if there is one.</returns>
    public IEnumerable<DetectedObject> Complete() => Finish([.. _parser.Append(_text.Flush(), 0), .. _parser.Complete()]);

    private DetectedObject[] Finish(IReadOnlyList<DetectedObject> completed) =>
    [
        .. completed
            .Select(found => found.Label.Length == 0 && _onlyThing is not null ? found with { Label = _onlyThing } : found)
            .Where(found => _duplicates?.IsNew(found) ?? true)
            .Select(WithMask),
    ];

    private DetectedObject WithMask(DetectedObject found) => _options.MaskDecoder is { } decoder && found.MaskCodes is { } codes
        ? found with { Mask = InstanceMask.Place(decoder.Decode(codes), found.Box, _width, _height, _options.MaskResize) }
        : found;
}
