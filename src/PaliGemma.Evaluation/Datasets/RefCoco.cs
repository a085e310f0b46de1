using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// RefCOCO, RefCOCO+ and RefCOCOg (lichengunc/refer): a pickled list of expressions, <c>refs(unc).p</c> or <c>refs(umd).p</c>, and the
/// instances of COCO's training pictures, whose shapes they mean.
/// </summary>
internal static class RefCoco
{
    private const int LongestSide = 1 << 14;

    /// <summary>A part of a data set.</summary>
    /// <param name="folder">The data.</param>
    /// <param name="dataset"><c>refcoco</c>, <c>refcoco+</c> or <c>refcocog</c>, the name of the file's folder.</param>
    /// <param name="part">For instance <c>val</c> or <c>testA</c>.</param>
    public static IEnumerable<Example> Read(DatasetFolder folder, string dataset, string part)
    {
        string file = folder.Find($"{dataset}/refs({(dataset == "refcocog" ? "umd" : "unc")}).p");
        IEnumerable<Reference> all = PickleFile.ReadList(file).Select((item, i) => Reference.Read(item, file, i));
        Reference[] references = [.. all.Where(one => one.Part == part)];
        string instances = folder.Find($"{dataset}/instances.json", "instances_train2017.json", "instances_train2014.json");
        HashSet<long> wanted = [.. references.Select(one => one.Image)];
        Dictionary<long, (string Name, int Width, int Height)> pictures = [];
        foreach ((long id, string name, int width, int height) in RecordFile.List(instances, "images", fields => (
            fields.Identifier("id"),
            fields.RequiredText("file_name"),
            fields.Integer("width", 1, LongestSide, fallback: null),
            fields.Integer("height", 1, LongestSide, fallback: null))))
        {
            if (wanted.Contains(id))
            {
                pictures[id] = (name, width, height);
            }
        }
        Dictionary<long, AnnotatedRegion?> things =
            references.DistinctBy(one => one.Annotation).ToDictionary(one => one.Annotation, _ => (AnnotatedRegion?)null);
        foreach ((long id, AnnotatedRegion? thing) in RecordFile.List(instances, "annotations", fields =>
        {
            long id = fields.Identifier("id");
            return things.ContainsKey(id)
                && pictures.TryGetValue(fields.Identifier("image_id"), out (string, int Width, int Height) picture)
                ? (id, CocoShape.Read(fields, "", (picture.Width, picture.Height)))
                : (id, null);
        }))
        {
            if (thing is not null)
            {
                things[id] = thing;
            }
        }
        return references.SelectMany(reference => reference.Sentences.Select((sentence, i) => new Example
        {
            Id = $"{reference.Annotation}_{reference.Id}_{i}",
            Images = [folder.Picture(pictures.TryGetValue(reference.Image, out (string Name, int, int) picture)
                ? picture.Name
                : throw new ModelFileException($"{instances} has no image {reference.Image}, of which {file} speaks."))],
            Prompt = new ReferringExpressionPrompt(sentence).Text,
            Answers = [],
            Regions = [things[reference.Annotation]
                ?? throw new ModelFileException($"{instances} has no annotation {reference.Annotation}, of which {file} speaks.")],
        }));
    }

    private sealed record Reference(long Id, long Image, long Annotation, string Part, string[] Sentences)
    {
        public static Reference Read(object? item, string file, int index)
        {
            if (item is not Dictionary<string, object?> fields)
            {
                throw new ModelFileException($"{file}: item {index} is no dictionary.");
            }
            return new Reference(
                Get<long>(fields, "ref_id"),
                Get<long>(fields, "image_id"),
                Get<long>(fields, "ann_id"),
                Get<string>(fields, "split"),
                [.. Get<List<object?>>(fields, "sentences").Select(sentence => sentence is Dictionary<string, object?> one
                    ? Get<string>(one, "sent")
                    : throw new ModelFileException($"{file}: a sentence of item {index} is no dictionary."))]);

            T Get<T>(Dictionary<string, object?> from, string name) => from.GetValueOrDefault(name) is T value
                ? value
                : throw new ModelFileException($"{file}: {name} of item {index} is missing or of another type.");
        }
    }
}
