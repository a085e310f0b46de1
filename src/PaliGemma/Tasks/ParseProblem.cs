namespace PaliGemma.Tasks;

/// <summary>A part of an answer that is not as the grammar says; everything around it is read all the same.</summary>
/// <param name="Position">Where in the answer's text it begins, in UTF-16 units.</param>
/// <param name="What">What it is and what became of it, in a sentence.</param>
public sealed record ParseProblem(int Position, string What);
