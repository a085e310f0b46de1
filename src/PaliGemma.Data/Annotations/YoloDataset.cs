using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// YOLO's <c>data.yaml</c>: <c>names</c> of classes as a list or numbered, and per split the folders of pictures or text files that list
/// them, relative to <c>path</c>.
/// </summary>
/// <param name="Names">The classes' names by number.</param>
/// <param name="Root">The folder that <paramref name="Splits"/> are relative to.</param>
/// <param name="Splits">Folders and lists of pictures by split.</param>
internal sealed record YoloDataset(
    IReadOnlyDictionary<int, string> Names, string? Root, IReadOnlyDictionary<string, IReadOnlyList<string>> Splits)
{
    private const int MostClasses = 1 << 20;
    private const int MostOpen = 64;

    private const string Expected = "has names, the classes' names as a list or numbered from 0";

    /// <exception cref="ModelFileException">The file is no YAML, or has no names of classes.</exception>
    public static YoloDataset Read(string path)
    {
        Dictionary<int, string> names = [];
        Dictionary<string, IReadOnlyList<string>> splits = new(StringComparer.Ordinal);
        string? root = null;
        try
        {
            string content = Text(path);
            CheckNesting(content, path);
            using StringReader text = new(content);
            Parser yaml = new(text);
            yaml.Consume<StreamStart>();
            yaml.Consume<DocumentStart>();
            yaml.Consume<MappingStart>();
            while (!yaml.TryConsume<MappingEnd>(out _))
            {
                string key = yaml.Consume<Scalar>().Value;
                switch (key)
                {
                    case "names":
                        names = ReadNames(yaml, path);
                        break;
                    case "path" when yaml.Accept<Scalar>(out _):
                        root = yaml.Consume<Scalar>().Value;
                        break;
                    case "nc" or "path":
                        yaml.SkipThisAndNestedEvents();
                        break;
                    default:
                        if (ReadList(yaml) is { } entries)
                        {
                            splits[key] = entries;
                        }
                        break;
                }
            }
        }
        catch (Exception error) when (error is YamlException or ArgumentException)
        {
            string place = error is YamlException { Start.Line: > 0 and long line } ? $", line {line}" : "";
            throw new ModelFileException($"{path}{place}: expected a data.yaml, YAML that {Expected}.", error);
        }
        if (!splits.Values.SelectMany(entries => entries).Append(root ?? "").All(PicturePath.IsPossible))
        {
            throw new ModelFileException($"{path} names a folder with a NUL in it; expected folders or lists of pictures.");
        }
        return names.Count > 0
            ? new YoloDataset(names, root, splits)
            : throw new ModelFileException($"{path}: names is missing or empty; expected a data.yaml that {Expected}.");
    }

    /// <summary>Writes a data set whose pictures lie in <c>images</c> beside the file and whose labels lie in <c>labels</c>.</summary>
    public static void Write(TextWriter text, IReadOnlyList<string> names)
    {
        Emitter yaml = new(text);
        yaml.Emit(new StreamStart());
        yaml.Emit(new DocumentStart());
        yaml.Emit(new MappingStart());
        foreach (string split in (ReadOnlySpan<string>)["train", "val"])
        {
            yaml.Emit(new Scalar(split));
            yaml.Emit(new Scalar("images"));
        }
        yaml.Emit(new Scalar("names"));
        yaml.Emit(new MappingStart());
        for (int i = 0; i < names.Count; i++)
        {
            yaml.Emit(new Scalar(i.ToString(CultureInfo.InvariantCulture)));
            // In quotes: a class may be called no or 7.
            const ScalarStyle Quoted = ScalarStyle.DoubleQuoted;
            yaml.Emit(new Scalar(AnchorName.Empty, TagName.Empty, names[i], Quoted, isPlainImplicit: true, isQuotedImplicit: true));
        }
        yaml.Emit(new MappingEnd());
        yaml.Emit(new MappingEnd());
        yaml.Emit(new DocumentEnd(isImplicit: true));
        yaml.Emit(new StreamEnd());
    }

    private static string Text(string path) => System.Text.Encoding.UTF8.GetString(AnnotationFile.ReadAll(path));

    /// <summary>The scanner takes time with the square of the brackets left open.</summary>
    private static void CheckNesting(string content, string path)
    {
        int open = 0;
        foreach (char character in content)
        {
            open += character is '[' or '{' ? 1 : character is ']' or '}' ? -1 : 0;
            if (open > MostOpen)
            {
                throw new ModelFileException(
                    $"{path} has more than {MostOpen} brackets open at once; expected lists of names and folders.");
            }
        }
    }

    private static Dictionary<int, string> ReadNames(Parser yaml, string path)
    {
        Dictionary<int, string> names = [];
        if (yaml.TryConsume<SequenceStart>(out _))
        {
            while (!yaml.TryConsume<SequenceEnd>(out _))
            {
                names.Add(names.Count, yaml.Consume<Scalar>().Value);
            }
            return names;
        }
        if (!yaml.TryConsume<MappingStart>(out _))
        {
            throw new ModelFileException(
                $"{path}, line {yaml.Current!.Start.Line}: names is no list; expected a data.yaml that {Expected}.");
        }
        while (!yaml.TryConsume<MappingEnd>(out _))
        {
            Scalar key = yaml.Consume<Scalar>();
            if (!int.TryParse(key.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= MostClasses)
            {
                throw new ModelFileException(
                    $"{path}, line {key.Start.Line}: a class has the number '{key.Value}'; expected a whole number below {MostClasses}.");
            }
            names[number] = yaml.Consume<Scalar>().Value;
        }
        return names;
    }

    /// <summary>One text or a list of texts; null for anything else, which is passed over.</summary>
    private static List<string>? ReadList(Parser yaml)
    {
        if (yaml.Accept<Scalar>(out _))
        {
            string one = yaml.Consume<Scalar>().Value;
            return one.Length == 0 ? null : [one];
        }
        List<string> many = [];
        if (!yaml.TryConsume<SequenceStart>(out _))
        {
            yaml.SkipThisAndNestedEvents();
            return null;
        }
        while (!yaml.TryConsume<SequenceEnd>(out _))
        {
            if (yaml.Accept<Scalar>(out _))
            {
                many.Add(yaml.Consume<Scalar>().Value);
            }
            else
            {
                yaml.SkipThisAndNestedEvents();
            }
        }
        return many;
    }
}
