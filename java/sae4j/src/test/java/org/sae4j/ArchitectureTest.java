package org.sae4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each package may use, and how much it may hold. CONTRIBUTING.md has the same as a table. */
class ArchitectureTest {
  private static final String ROOT = "org.sae4j";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Model.class.getProtectionDomain().getCodeSource().getLocation());

  private static ArchRule usesOnly(String of, List<String> others) {
    List<String> packages = new ArrayList<>(others);
    packages.add(of);
    return noClasses()
        .that(resideInAPackage(named(of)))
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(resideOutsideOfPackage(ROOT + ".engine.."))
                .and(
                    JavaClass.Predicates.resideOutsideOfPackages(
                        packages.stream().map(ArchitectureTest::named).toArray(String[]::new))));
  }

  private static String named(String name) {
    return name.equals("root") ? ROOT : ROOT + "." + name;
  }

  @ParameterizedTest
  @CsvSource({
    "arch,",
    "format, arch",
    "format.container, format",
    "format.torch, format format.container",
    "format.sae, arch format format.container format.torch",
    "format.model, arch format format.container format.torch",
    "tokens, arch format format.container",
    "stats,",
    "memory, arch",
    "root, arch format format.container format.sae format.model tokens memory",
    "pass, arch format format.container tokens",
    "eval, arch format tokens stats root pass",
    "ablation, arch format tokens stats root pass",
    "latents, arch format tokens root pass",
    "check, arch format format.sae tokens root",
  })
  void aPackageUsesOnlyWhatLiesBelow(String name, String below) {
    usesOnly(name, below == null ? List.of() : List.of(below.split(" "))).check(CLASSES);
  }

  @Test
  void everyPackageHasItsPlace() {
    assertThat(files().keySet()).hasSize(15);
  }

  @Test
  void anArrowUpIsFound() {
    assertThatThrownBy(() -> usesOnly("eval", List.of("stats")).check(CLASSES))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("org.sae4j.Session");
  }

  @Test
  void onlyTheRootAndItsMemoryCallTheEngine() {
    noClasses()
        .that(JavaClass.Predicates.resideOutsideOfPackages(ROOT, ROOT + ".memory"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.bytedeco..", "org.sae4j.engine..")
        .check(CLASSES);
  }

  @Test
  void noFilesOfFormatNeedEachOther() {
    slices().assignedFrom(new Files(ROOT + ".format")).should().beFreeOfCycles().check(CLASSES);
  }

  /** A class with those nested in it. */
  private record Files(String packages) implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      return type.getPackageName().startsWith(packages)
          ? SliceIdentifier.of(file(type))
          : SliceIdentifier.ignore();
    }

    @Override
    public String getDescription() {
      return "files of " + packages;
    }
  }

  private static String file(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }

  private static Map<String, Set<String>> files() {
    return CLASSES.stream()
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .collect(groupingBy(JavaClass::getPackageName, mapping(ArchitectureTest::file, toSet())));
  }

  @Test
  void noPackageIsADrawer() {
    Function<String, Integer> most = name -> name.equals(ROOT) ? 46 : 26;
    files()
        .forEach(
            (name, files) -> assertThat(files).as(name).hasSizeLessThanOrEqualTo(most.apply(name)));
  }
}
