namespace PaliGemma.Tasks;

/// <summary>A prompt that is answered with objects, see <see cref="ObjectText"/>.</summary>
public abstract record ObjectPrompt : TaskPrompt
{
    private protected ObjectPrompt(IReadOnlyList<string> things)
    {
        ArgumentNullException.ThrowIfNull(things);
        Things = [.. things];
    }

    /// <summary>What is looked for, at least one thing.</summary>
    public IReadOnlyList<string> Things { get; }

    /// <summary>Whether every object has a mask.</summary>
    public abstract bool HasMasks { get; }

    /// <summary>
    /// Whether the answer may hold several objects, each with its label, or none; otherwise it is exactly one object without a label.
    /// </summary>
    public virtual bool HasLabels => true;

    /// <summary>Reads a list of things as somebody may type it, <c>cat; big dog</c>.</summary>
    /// <exception cref="ArgumentException">There is nothing in the list.</exception>
    public static IReadOnlyList<string> ReadThings(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        string[] things = list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return things.Length > 0
            ? things
            : throw new ArgumentException($"'{list}' names nothing to look for; expected things separated by ';', such as 'cat ; dog'.");
    }

    /// <inheritdoc/>
    public virtual bool Equals(ObjectPrompt? other) =>
        ReferenceEquals(this, other) || (base.Equals(other) && Things.SequenceEqual(other.Things, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(base.GetHashCode());
        foreach (string thing in Things)
        {
            hash.Add(thing, StringComparer.Ordinal);
        }
        return hash.ToHashCode();
    }

    /// <summary>The things of a prompt that separates them to the letter; null if it does not.</summary>
    internal static IReadOnlyList<string>? TryReadThings(string list)
    {
        string[] things = list.Split(ObjectText.Separator);
        return Array.TrueForAll(things, thing => Fault(thing) is null) ? things : null;
    }

    /// <summary>The things as a prompt lists them.</summary>
    /// <exception cref="ArgumentException">There is none, or one cannot be a label in the answer.</exception>
    private protected static IReadOnlyList<string> Checked(IReadOnlyList<string> things)
    {
        ArgumentNullException.ThrowIfNull(things);
        if (things.Count == 0)
        {
            throw new ArgumentException("There is nothing to look for.", nameof(things));
        }
        foreach (string thing in things)
        {
            if (Fault(thing) is string fault)
            {
                throw new ArgumentException(fault, nameof(things));
            }
        }
        return things;
    }

    /// <summary>Why a thing cannot be asked for, in a sentence; null if it can.</summary>
    private static string? Fault(string thing) => thing.AsSpan().IndexOfAny(';', '\r', '\n') >= 0
        ? $"'{thing}' cannot be looked for: ';' and line breaks end a thing's name."
        : ObjectText.LabelFault(thing);
}
