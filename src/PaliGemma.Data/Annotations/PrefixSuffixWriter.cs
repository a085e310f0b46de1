using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>Writes PaliGemma's training data.</summary>
internal sealed class PrefixSuffixWriter : AnnotationWriter
{
    private readonly StreamWriter _file;
    private readonly AnnotationTarget _target;
    private IReadOnlyList<string> _allLabels = [];

    /// <param name="path">The file.</param>
    /// <param name="target">The task, and what prompts ask for.</param>
    public PrefixSuffixWriter(string path, AnnotationTarget target)
    {
        _target = target;
        _file = new StreamWriter(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }) { NewLine = "\n" };
    }

    /// <summary>
    /// A semicolon separates things in a prompt and becomes a comma; a label with location or segmentation tokens cannot be written.
    /// </summary>
    internal override string? LabelFor(string label)
    {
        string? clean = base.LabelFor(label)?.Replace(';', ',');
        return clean is null || ObjectText.LabelFault(clean) is not null ? null : clean;
    }

    internal override bool CanHold(AnnotatedObject marked, AnnotatedImage image)
    {
        BoundingBox box = marked.Box.ToNormalized(image.Width, image.Height);
        if (marked.Mask is not null && MaskPlace.Rounded(box, image.Width, image.Height).IsEmpty)
        {
            return false;
        }
        return LocationTokens.Encode(box.Y1) < LocationTokens.Encode(box.Y2)
            && LocationTokens.Encode(box.X1) < LocationTokens.Encode(box.X2);
    }

    public override void Begin(IReadOnlyList<string> labels) => _allLabels = labels;

    public override void Write(AnnotatedImage image)
    {
        if (_target.Prompts == PromptScope.All)
        {
            // An empty answer says that nothing is there, which is not known of a crowd, for instance.
            if (image.Objects.Count > 0 || image.Skipped.Count == 0)
            {
                WriteLine(image, _allLabels, image.Objects);
            }
            return;
        }
        IGrouping<string, AnnotatedObject>[] byLabel = [.. image.Objects.GroupBy(marked => marked.Label, StringComparer.Ordinal)];
        if (_target.Prompts == PromptScope.Label)
        {
            foreach (IGrouping<string, AnnotatedObject> group in byLabel)
            {
                WriteLine(image, [group.Key], group);
            }
        }
        else if (byLabel.Length > 0)
        {
            WriteLine(image, [.. byLabel.Select(group => group.Key)], image.Objects);
        }
    }

    public override void Complete() => _file.Flush();

    protected override void Dispose(bool disposing)
    {
        _file.Dispose();
        base.Dispose(disposing);
    }

    private void WriteLine(AnnotatedImage image, IReadOnlyList<string> labels, IEnumerable<AnnotatedObject> objects)
    {
        ObjectPrompt prompt = _target.Task == AnnotationTask.Detect ? new DetectPrompt(labels) : new SegmentPrompt(labels);
        IEnumerable<string> texts = _target.Task == AnnotationTask.Detect
            ? objects.Select(Text)
            // A mask takes milliseconds to encode, and a picture has several.
            : objects.AsParallel().AsOrdered().Select(Text);
        _file.WriteLine(new PrefixSuffixExample(image.Path, prompt.Text, string.Join(ObjectText.Separator, texts)).ToJson());

        string Text(AnnotatedObject marked) =>
            ObjectText.Format(marked.Label, marked.Box.ToNormalized(image.Width, image.Height), Codes(marked, image));
    }

    /// <summary>The mask's codes; null for a box alone.</summary>
    private IReadOnlyList<int>? Codes(AnnotatedObject marked, AnnotatedImage image) => marked.Mask switch
    {
        null => null,
        CodedMask coded => coded.Codes,
        _ => _target.MaskEncoder!.Encode(
            marked.Mask.Runs.ToMask(), image.Width, image.Height, marked.Box.ToNormalized(image.Width, image.Height)),
    };
}
